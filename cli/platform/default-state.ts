/** Where a platform on this machine keeps everything, unless `--state` says otherwise. */
export const DEFAULT_STATE = '.causeway';
