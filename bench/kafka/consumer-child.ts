import process from 'node:process';

/** One instance of the consumer, as Lambda runs it. Arguments: the asset's `index.mjs`. */
const [, , index = ''] = process.argv;
const { handler } = (await import(index)) as { handler: (event: unknown, context: unknown) => Promise<unknown> };
const context = {
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:KafkaConsumer',
  getRemainingTimeInMillis: () => 60_000,
};

process.on('message', async (event: unknown) => {
  process.send?.(await handler(event, context));
});
process.send?.('ready');
