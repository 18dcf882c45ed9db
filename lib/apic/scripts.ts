import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Construct } from 'constructs';
import type { ApiMethod } from '../../core/apic/api-definition.ts';
import { checkName, invalid } from '../platform/setting.ts';
import { PublishedApi, type PublishedApiProps } from './published-api.ts';
import { type ScriptProps, scriptFunction } from './script-function.ts';
import type { SignInProps } from './sign-in.ts';

type ApiProps = SignInProps & Pick<PublishedApiProps, 'group' | 'app' | 'auth' | 'backendAuth' | 'cors'>;

export interface ScriptsProps extends ApiProps, ScriptProps {
  /** Holds `*.js`. */
  readonly folder: string;
  /**
   * Published below this path: `orders.js` as `/scripts/orders`.
   * @default '/scripts'
   */
  readonly path?: string;
  /** @default 'POST' */
  readonly method?: ApiMethod;
}

/** A folder of scripts, each published as an API of its own; one function runs them all. */
export class Scripts extends Construct {
  readonly apis: readonly PublishedApi[];

  /** @throws InvalidSetting naming the script, for one that cannot work */
  constructor(scope: Construct, id: string, props: ScriptsProps) {
    super(scope, id);
    const { folder, path = '/scripts', method = 'POST' } = props;
    const { variables, passwords, certificates, sourceAuthorities, cpuMs, memoryMb, ...api } = props;
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.js')) : [];
    if (files.length === 0) {
      throw invalid(this, 'folder', folder, 'a folder with scripts, *.js');
    }
    const { handler, backendOf } = scriptFunction(
      this,
      props.group,
      files.map((file) => join(folder, file)),
      props,
    );
    this.apis = files.sort().map((file) => {
      const name = file.slice(0, -'.js'.length);
      checkName(this, 'script', name, /^[\w-]{3,64}$/, 'a file name of 3 to 64 letters, digits, `_` or `-`, and `.js`');

      return new PublishedApi(this, name, { ...api, method, path: `${path}/${name}` }, () => ({
        backend: backendOf(file),
        handler,
      }));
    });
  }
}
