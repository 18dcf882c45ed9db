import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

/** A function that was asked failed, or answered no JSON. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

let client: LambdaClient | undefined;

/** Invokes another function and waits for what it answers. @throws NoAnswer, or the SDK's error */
export async function askFunction(functionName: string, question: object): Promise<unknown> {
  client ??= new LambdaClient({});
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(question)) }),
  );
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) {
    throw new NoAnswer(`${FunctionError}: ${text}`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NoAnswer('the function answered no JSON', { cause });
  }
}
