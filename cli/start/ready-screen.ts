import type { Api } from '../management-client.ts';
import type { LocalDevice, LocalFile } from '../platform/local-file.ts';
import type { Output } from '../screen/output.ts';

export interface ReadyScreen {
  readonly file: LocalFile;
  /** Where `file` was written. */
  readonly path: string;
  readonly logs: string;
  readonly apis: readonly Api[];
  /** `--state DIR` where it is not the usual folder; goes into the commands to try. */
  readonly stateOption: string;
}

/** What a person needs to go on: addresses, credentials, and three things to try. */
export function readyScreen(screen: ReadyScreen, { pairs, colours }: Pick<Output, 'pairs' | 'colours'>): string {
  const { file, path, logs } = screen;
  const addresses = pairs([
    ['MQTT', file.mqtt.url],
    ['MQTTS', `${file.mqtts.url}  CA certificate ${file.mqtts.ca}`],
    ...Object.entries(file.apis).map(([group, { url }]) => [`APIs of ${group}`, url] as const),
    ['management', `${file.management.url}  token in local.json`],
    ...(file.mysql === undefined ? [] : [['MySQL', mysqlText(file.mysql)] as const]),
  ]);
  const credentials = pairs([
    ...Object.entries(file.apps).map(
      ([app, { key, appCodes }]) => [`app ${app}`, `key ${key}  AppCode ${appCodes[0] ?? '-'}`] as const,
    ),
    ...file.devices.slice(0, 2).map((device) => [`device ${device.device}`, loginText(device)] as const),
  ]);
  const more = file.devices.length > 2 ? `${file.devices.length - 2} more devices, ` : '';

  return [
    colours.green('Causeway is ready.'),
    '',
    addresses,
    '',
    credentials,
    '',
    `${more}secrets and the rest: ${path}`,
    `Logs: ${logs}`,
    '',
    'Things to try in another terminal:',
    ...thingsToTry(screen).flatMap(([what, line]) => ['', `  ${what}`, `    ${colours.cyan(line)}`]),
    '',
    'Ctrl-C stops it; its data stays.',
  ].join('\n');
}

function thingsToTry({ file, apis, stateOption }: ReadyScreen): (readonly [what: string, line: string])[] {
  const [device] = file.devices;
  const api = apis.find(({ method, parameters }) => method === 'GET' && parameters.every(({ required }) => !required));
  const app = api === undefined ? undefined : file.apps[api.app];
  const tries: (readonly [string, string])[] = [];
  if (device !== undefined) tries.push(['A device reports:', publishLine(file, device)]);
  if (api !== undefined && app?.appCodes[0] !== undefined && api.appCode) {
    const url = `${file.apis[api.group]?.url}${api.path}`;
    tries.push(['Ask an API with an AppCode:', `curl -H 'X-Apig-AppCode: ${app.appCodes[0]}' ${url}`]);
  }
  if (api !== undefined) {
    tries.push(['The same, signed:', `npx causeway api call ${api.name}${stateOption}`]);
  }
  return tries;
}

function publishLine({ mqtt }: LocalFile, device: LocalDevice): string {
  const { hostname, port } = new URL(mqtt.url);
  const login = `-i ${device.clientId} -u ${device.username} -P '${device.password}'`;
  const payload = JSON.stringify({ deviceId: device.device, status: '0' });

  return `mosquitto_pub -h ${hostname} -p ${port} ${login} -q 1 -t ${device.publish} -m '${payload}'`;
}

function loginText({ clientId, password, publish }: LocalDevice): string {
  return `client id and user name ${clientId}  password ${password}  topic ${publish}`;
}

function mysqlText({ host, port, user, password, database }: NonNullable<LocalFile['mysql']>): string {
  return `${host}:${port}  user ${user}  password ${password}  database ${database}  (reads everything, changes nothing)`;
}
