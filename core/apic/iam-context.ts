/** What the gateway says of a principal of AWS that may call, under the names it has there. */
export interface IamContext {
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>`, `arn:aws:iam::<account>:user/<user>` */
  readonly userArn: string;
  readonly accountId: string;
  /** The principal's id: `AROA…:<session>`. */
  readonly caller: string;
}

export const IAM_CONTEXT: readonly (keyof IamContext)[] = ['userArn', 'accountId', 'caller'];
