import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ApiDefinition, AppScheme } from '../../core/apic/api-definition.ts';
import { APP_SCHEMES, schemesOf } from '../../core/apic/app-schemes.ts';
import { invalid } from '../platform/setting.ts';

/** How apps show who they are. */
export interface SignInProps {
  /**
   * Whether the header `X-Apig-AppCode` is enough in place of a signature.
   * @default false
   */
  readonly appCode?: boolean;
  /**
   * What apps may show, where it is more or something else: `signature` (`SDK-HMAC-SHA256`), `appCode`, `secret` (`X-HW-ID` and `X-HW-AppKey`),
   * `basic` (HTTP Basic), `jwt` (a token signed with the secret), `apikey` (the key alone, which is no secret: whoever has seen it may call).
   * @default - `signature`; with `appCode` that too
   */
  readonly schemes?: readonly AppScheme[];
  /**
   * Whether a signature may leave the body out (`X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD`), as large uploads do.
   * @default true
   */
  readonly unsignedPayload?: boolean;
  /**
   * Whether a signature is good for one call only. Costs a write to a table of every call.
   * @default false, it is good until its date is 15 minutes old
   */
  readonly replayDefence?: boolean;
  /**
   * Whether who is refused is told why, and what the platform would have signed. For development: it also tells whether a key exists.
   * @default false, whoever is refused hears nothing but the code
   */
  readonly explain?: boolean;
}

type SignIn = Pick<ApiDefinition, 'appCode' | 'schemes' | 'unsignedPayload' | 'replayDefence' | 'explain'>;

/** @throws InvalidSetting for what contradicts itself, or could not do what it says */
export function signIn(place: Construct, auth: ApiDefinition['auth'], props: SignInProps): SignIn {
  const { unsignedPayload = true, replayDefence = false, explain = false } = props;
  if (auth !== 'app') {
    refuseAll(place, auth, props);

    return { appCode: false };
  }
  const schemes = props.schemes === undefined ? undefined : checkSchemes(place, props.schemes, props.appCode);
  const accepted = schemesOf({ appCode: props.appCode ?? false, ...(schemes !== undefined && { schemes }) });
  const [other] = accepted.filter((scheme) => scheme !== 'signature');
  if (replayDefence && (other !== undefined || accepted.length === 0)) {
    throw invalid(
      place,
      'replayDefence',
      replayDefence,
      `false, or nothing but signature in schemes: ${other} can be sent again`,
    );
  }
  if (!unsignedPayload && !accepted.includes('signature')) {
    throw invalid(
      place,
      'unsignedPayload',
      unsignedPayload,
      'true, or signature in schemes: nothing else covers a body',
    );
  }
  if (explain) {
    Annotations.of(place).addInfo(
      'tells callers why they are refused, and whether a key exists: not for APIs strangers call',
    );
  }

  return {
    appCode: accepted.includes('appCode'),
    ...(schemes !== undefined && { schemes }),
    ...(!unsignedPayload && { unsignedPayload }),
    ...(replayDefence && { replayDefence }),
    ...(explain && { explain }),
  };
}

function checkSchemes(
  place: Construct,
  schemes: readonly AppScheme[],
  appCode: boolean | undefined,
): readonly AppScheme[] {
  const known = schemes.length > 0 && schemes.every((scheme) => APP_SCHEMES.includes(scheme));
  if (!known || new Set(schemes).size < schemes.length) {
    throw invalid(place, 'schemes', schemes, `each of ${APP_SCHEMES.join(', ')} at most once, and at least one`);
  }
  if (appCode !== undefined && appCode !== schemes.includes('appCode')) {
    throw invalid(place, 'appCode', appCode, 'what schemes say; leave it out beside them');
  }

  return schemes;
}

function refuseAll(place: Construct, auth: ApiDefinition['auth'], props: SignInProps): void {
  const { appCode = false, schemes, unsignedPayload = true, replayDefence = false, explain = false } = props;
  const said = {
    ...(appCode && { appCode }),
    ...(schemes !== undefined && { schemes }),
    ...(!unsignedPayload && { unsignedPayload }),
    ...(replayDefence && { replayDefence }),
    ...(explain && { explain }),
  };
  const [setting] = Object.entries(said);
  if (setting !== undefined) {
    throw invalid(place, setting[0], setting[1], `nothing with auth ${auth}: no app is asked who it is`);
  }
}
