import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { arn } from '../account.ts';
import type { EngineHost, MysqlCluster, MysqlClusterDefinition, MysqlEngine } from '../engines.ts';
import { LocalError } from '../errors.ts';
import { applyAccounts, writeInitFile } from './accounts.ts';
import { ensureMariadb } from './binaries.ts';
import { type MariadbFiles, mariadbFiles } from './files.ts';
import { installData } from './install.ts';
import { stopOrphan } from './orphan.ts';
import { type Parameters, serverOptions } from './parameters.ts';
import { startServer } from './server-process.ts';
import { type Supervisor, supervise } from './supervisor.ts';

interface Running {
  readonly cluster: MysqlCluster;
  readonly definition: MysqlClusterDefinition;
  readonly options: readonly string[];
  readonly files: MariadbFiles;
  readonly administratorPassword: string;
  readonly supervisor: Supervisor;
}

/** Aurora MySQL on this machine: a MariaDB of our own, started from the template's cluster and its parameter group. */
export function createMysqlEngine(host: Pick<EngineHost, 'state' | 'ports' | 'logs' | 'progress'>): MysqlEngine {
  const groups = new Map<string, Parameters>();
  let running: Running | undefined;

  const stop = async () => {
    const stopped = running;
    running = undefined;
    if (stopped === undefined) return;
    await stopped.supervisor.stop();
    for (const file of [stopped.files.init, stopped.files.pid]) await rm(file, { force: true });
  };

  return {
    async start() {
      // nothing to run before the template says which cluster
    },
    stop,

    applyParameterGroup(name, parameters) {
      serverOptions(parameters); // refused where it stands, not at the cluster that names it
      groups.set(name, parameters);
    },
    parameterGroup: (name) => groups.get(name),

    async applyCluster(definition) {
      const { identifier } = definition;
      if (running !== undefined && running.definition.identifier !== identifier) {
        throw new LocalError(
          `the local platform runs one AWS::RDS::DBCluster; ${running.definition.identifier} is there, ${identifier} would be the second`,
        );
      }
      const options = serverOptions(definition.parameters);
      if (running !== undefined && JSON.stringify(running.options) !== JSON.stringify(options)) await stop();
      const { files, administratorPassword, supervisor } = running ?? (await launch(host, identifier, options));
      const cluster = clusterOf(host, definition, files);
      running = { cluster, definition, options, files, administratorPassword, supervisor };
      await applyAccounts(files, administratorPassword, definition);

      return cluster;
    },

    async removeCluster(identifier) {
      if (running?.definition.identifier === identifier) await stop();
      const files = mariadbFiles(host.state, identifier);
      await stopOrphan(files.pid, files.data);
      await rm(files.directory, { recursive: true, force: true });
    },

    cluster: (clusterArn) => (running?.cluster.arn === clusterArn ? running.cluster : undefined),
  };
}

async function launch(
  host: Pick<EngineHost, 'state' | 'ports' | 'logs' | 'progress'>,
  identifier: string,
  options: readonly string[],
): Promise<Pick<Running, 'files' | 'administratorPassword' | 'supervisor'>> {
  const files = mariadbFiles(host.state, identifier);
  const binaries = await ensureMariadb(host.progress);
  await mkdir(dirname(files.errorLog), { recursive: true });
  await stopOrphan(files.pid, files.data);
  await installData(binaries, files);
  const administratorPassword = await writeInitFile(files);
  const start = () => startServer(binaries, files, { port: host.ports.mysql, options });

  return { files, administratorPassword, supervisor: supervise(await start(), start, host.logs('mysql')) };
}

function clusterOf(
  { ports }: Pick<EngineHost, 'ports'>,
  { identifier, database = '', dataApiEnabled }: MysqlClusterDefinition,
  { socket }: MariadbFiles,
): MysqlCluster {
  return {
    arn: arn('rds', `cluster:${identifier}`),
    host: '127.0.0.1',
    port: ports.mysql,
    socketPath: socket,
    database,
    dataApiEnabled,
  };
}
