import { type DeviceLogin, type LocalFile, type Ran, run } from './platform.ts';

/** Publishes once with QoS 1, as a device that knows nothing of us. */
export function publishWithMosquitto(
  file: LocalFile,
  device: DeviceLogin,
  payload: object | string,
  { tls = false } = {},
): Promise<Ran> {
  const { hostname, port } = new URL(tls ? file.mqtts.url : file.mqtt.url);
  const server = ['-h', hostname, '-p', port, ...(tls ? ['--cafile', file.mqtts.ca] : [])];
  const login = ['-i', device.clientId, '-u', device.username, '-P', device.password];
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);

  return run('mosquitto_pub', [...server, ...login, '-q', '1', '-t', device.publish, '-m', text]);
}
