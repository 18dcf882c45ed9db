/** Beside functions that may need it, in a file of its own: what does not use it does not load it. */
export { open } from '../shared/sources/mongodb-driver.ts';
