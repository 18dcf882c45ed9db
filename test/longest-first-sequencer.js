import Sequencer from '@jest/test-sequencer';

/** Acceptance tests that take longest. Where nothing is known of earlier runs, Jest begins with the largest files, and these are small. */
const LONGEST = ['permissions', 'lifecycle', 'faults', 'fault-checker', 'template', 'upgrade'].map(
  (name) => `/test/acceptance/${name}.test.ts`,
);

/** So that at the end no worker waits for the other, which has only just begun a long file. */
export default class LongestFirstSequencer extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => LONGEST.findIndex((end) => path.endsWith(end));
    const late = (test) => (rank(test) === -1 ? LONGEST.length : rank(test));

    return super.sort(tests).toSorted((one, other) => late(one) - late(other));
  }
}
