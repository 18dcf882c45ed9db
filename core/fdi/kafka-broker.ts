import { InvalidSetting } from '../errors.ts';

/** A host's name or address and its port; an address of version 6 in brackets. */
const BROKER = /^(\[[0-9a-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9])?):(\d{1,5})$/i;
const MAX_PORT = 65_535;
/** What leads to a machine's own metadata, and into nobody's network. */
const LINK_LOCAL = /^(?:169\.254\.|\[fe[89ab][0-9a-f]:)/i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)$/i;

/** @throws InvalidSetting for what is no `host:port`, and for addresses that no broker has */
export function checkBroker(broker: string, where: string): void {
  const [, host = '', port] = BROKER.exec(broker) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > MAX_PORT) {
    throw new InvalidSetting(where, broker, '`host:port`, such as `kafka-1.example.com:9096`');
  }
  if (LINK_LOCAL.test(host)) {
    throw new InvalidSetting(where, broker, 'a broker: this is an address of the metadata service');
  }
}

/** Whether only the machine itself gets there. */
export function isLoopback(broker: string): boolean {
  return LOOPBACK.test(broker.slice(0, broker.lastIndexOf(':')));
}

/** `host:port,host:port` → both, as `KAFKA_BROKERS` holds them. @throws InvalidSetting */
export function brokersOf(text: string, where: string): readonly string[] {
  const brokers = text
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  for (const broker of brokers) {
    checkBroker(broker, where);
  }

  return brokers;
}
