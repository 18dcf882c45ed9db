import { createLogs } from '../../local/log.ts';
import { createMysqlEngine } from '../../local/mysql/engine.ts';

/** A runtime to be killed: starts MariaDB, says so, and waits. Arguments: state folder, port, definition as JSON. */
const [state = '', port = '', definition = ''] = process.argv.slice(2);
const engine = createMysqlEngine({
  state,
  ports: { mysql: Number(port) } as never,
  logs: createLogs(state),
  progress: () => undefined,
});
await engine.applyCluster(JSON.parse(definition));
process.stdout.write('ready\n');
setInterval(() => undefined, 1_000);
