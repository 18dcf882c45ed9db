const shared = {
  testEnvironment: 'node',
  runtime: '<rootDir>/test/shared-libraries-runtime.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } } }] },
};

export default {
  // Two cores: one worker each keeps the database and the tests from starving one another.
  maxWorkers: 2,
  // A machine that is busy with other things slows a start down, and nothing that waits is tested by time.
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/longest-first-sequencer.js',
  reporters: ['default', '<rootDir>/test/plain-summary-reporter.js'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/acceptance/'],
    },
    {
      ...shared,
      displayName: 'acceptance',
      testMatch: ['<rootDir>/test/acceptance/**/*.test.ts'],
      globalSetup: '<rootDir>/test/acceptance/shared-assembly.mjs',
    },
  ],
};
