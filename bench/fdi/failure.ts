/** The benchmark did not measure what it says it measures. */
export class BenchFailure extends Error {
  override readonly name = 'BenchFailure';
}
