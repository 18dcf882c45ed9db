/** From so many records on a batch is written in two calls. Fewer are read in less time than a call costs. */
export const READ_AHEAD_FROM = 1000;
