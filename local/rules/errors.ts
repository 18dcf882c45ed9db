/** A statement met a message it cannot read: AWS logs it and drops the message; no error action runs. */
export class RuleSqlFailure extends Error {
  override readonly name = 'RuleSqlFailure';
}

/** Neither a rule's actions nor its error action took a message: the broker must not acknowledge it. */
export class MessageNotTaken extends Error {
  override readonly name = 'MessageNotTaken';

  constructor(rules: readonly string[]) {
    super(`not taken by ${rules.join(', ')}`);
  }
}
