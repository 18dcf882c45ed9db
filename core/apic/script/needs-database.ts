const CLIENT = /\bDataSourceClient\b/;
const VARIABLE = /#\{mysql_/;

/** Whether a script may use the platform's database: by the class that talks to databases, or by what says where it is. Comments count too. */
export function needsDatabase(source: string): boolean {
  return CLIENT.test(source) || VARIABLE.test(source);
}
