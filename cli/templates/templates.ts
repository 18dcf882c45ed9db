import { data } from './data.ts';
import { frontAuthorizer } from './front-authorizer.ts';
import { typescriptFunction } from './function.ts';
import { blank, mysql, redis } from './scripts.ts';
import type { Template } from './template.ts';

/** By the names `backend new` knows them by. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
  function: typescriptFunction,
  data,
  blank,
  mysql,
  redis,
  'front-authorizer': frontAuthorizer,
};
