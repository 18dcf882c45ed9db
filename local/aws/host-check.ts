const LOCAL_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Whether a Host header names this machine by a name no DNS server can hand out. Without the check a web page could
 * point a name of its own at 127.0.0.1 and talk to the platform (DNS rebinding).
 */
export function isLocalHost(host: string | undefined): boolean {
  if (host === undefined) return false;

  return LOCAL_NAMES.has(host.replace(/:\d+$/, '').toLowerCase());
}
