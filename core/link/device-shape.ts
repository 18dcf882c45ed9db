import { array, boolean, exactOptional, string } from 'zod/mini';

/** The fields of a device to be registered, before their rules are checked. */
export const deviceShape = {
  device: string(),
  name: exactOptional(string()),
  password: exactOptional(string()),
  enabled: exactOptional(boolean()),
  tags: exactOptional(array(string())),
  description: exactOptional(string()),
};
