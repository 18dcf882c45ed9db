import { privatePostgresql } from '../../functions/shared/sources/postgresql-fixture.ts';
import { oneRedis } from '../../functions/shared/sources/redis-fixture.ts';

const PASSWORD = 'secret-word';

/** Servers outside of the platform, for the calling file's tests. @returns calls the script that asks them, and another API */
export function outside() {
  const shop = privatePostgresql();
  const keys = oneRedis(PASSWORD);

  return async (script: string, api: { readonly url: string; readonly key: string; readonly secret: string }) => {
    const redis = { port: keys.port, password: PASSWORD };
    const body = JSON.stringify({ shop: shop.source('?sslmode=require'), redis, api });

    return (await fetch(script, { method: 'POST', body })).json();
  };
}
