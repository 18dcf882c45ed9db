import type { ApiFunction } from '../../../lib/apic/api-function.ts';

let calls = 0;

/** Modules are loaded once for many calls: what they hold is for all of them. */
const memory: ApiFunction = ({ query }) => {
  calls += 1;

  return { calls, query };
};

export default memory;
