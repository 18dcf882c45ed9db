/** So few that every test has batches which are written in two calls. */
export const READ_AHEAD_FROM = 3;
