import { InvalidSetting, Refusal } from '../../core/errors.ts';

/** A database that is away or resuming is no fault of the call, nor of ours: 502 `APIC.0202`. */
export async function unlessAway<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof Refusal || cause instanceof InvalidSetting) {
      throw cause;
    }
    throw new Refusal('APIC.0202', { message: 'The database does not answer; try again in some seconds.', cause });
  }
}
