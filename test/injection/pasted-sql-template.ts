import { PASTES, pastingTemplate } from './pasting.ts';

/** In place of `core/apic/sql-template.ts`. */
export const sqlTemplate = pastingTemplate(PASTES.raw);
