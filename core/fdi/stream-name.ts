/** The name in a stream's ARN. */
export function streamName(streamArn: string): string {
  return streamArn.slice(streamArn.lastIndexOf('/') + 1);
}
