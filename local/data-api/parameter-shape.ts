import type { ListMember } from '../aws/request-shape.ts';
import { validation } from './errors.ts';
import { TYPE_HINTS } from './type-hint.ts';

/** The parameters of one statement, as the service model states them. */
export const PARAMETERS: ListMember = {
  type: 'list',
  member: {
    type: 'structure',
    members: {
      name: { type: 'string' },
      value: {
        type: 'structure',
        members: {
          isNull: { type: 'boolean' },
          booleanValue: { type: 'boolean' },
          longValue: { type: 'number' },
          doubleValue: { type: 'number' },
          stringValue: { type: 'string' },
          blobValue: { type: 'blob' },
          arrayValue: { type: 'document' },
        },
      },
      typeHint: { type: 'string', enum: TYPE_HINTS },
    },
  },
};

/** Aurora MySQL's own clusters have databases, not schemas in them. */
export function refuseSchema(schema: string | undefined): void {
  if (schema !== undefined)
    throw validation('Database schema parameter is not supported for this engine; use database');
}
