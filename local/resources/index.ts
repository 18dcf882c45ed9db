import type { Resource } from '../template/resource.ts';

/** Every CloudFormation type the runtime runs; what is neither here nor on the inert list is refused. */
export const RESOURCES: readonly Resource[] = [];
