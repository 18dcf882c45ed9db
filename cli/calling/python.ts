import { type CallDraft, credentialsNeeded, variableOf } from './call-draft.ts';

interface Credentials {
  readonly imports?: readonly string[];
  readonly code: readonly string[];
}

/** A program for Python 3 that calls an API, with nothing but its standard library. */
export function pythonCode(draft: CallDraft): string {
  const { method, url, headers, body } = draft;
  const { imports = [], code } = credentialsOf(draft);
  const { names } = credentialsNeeded(draft);
  const modules = [...(names.length === 0 ? [] : ['os']), ...imports, 'urllib.error', 'urllib.request'];
  const own = headers.map(([name, value]) => `    ${text(name)}: ${valueText(value)},`);
  const parts = [
    ...[...new Set(modules)].sort().map((module) => `import ${module}`),
    '',
    `method = ${text(method)}`,
    `url = ${text(url.href)}`,
    `body = ${body === '' ? 'None' : `${text(body)}.encode()`}`,
    ...(own.length === 0 ? ['headers = {}'] : ['headers = {', ...own, '}']),
    ...(code.length === 0 ? [] : ['', ...code]),
    '',
    'request = urllib.request.Request(url, data=body, headers=headers, method=method)',
    'try:',
    '    with urllib.request.urlopen(request, timeout=30) as response:',
    '        print(response.status, response.read().decode())',
    'except urllib.error.HTTPError as refusal:',
    '    print(refusal.code, refusal.read().decode())',
  ];

  return parts.join('\n');
}

const KEYS = ['key = os.environ["APP_KEY"]', 'secret = os.environ["APP_SECRET"]'];

function credentialsOf({ signIn }: CallDraft): Credentials {
  switch (signIn) {
    case 'appCode':
      return { code: ['headers["X-Apig-AppCode"] = os.environ["APP_CODE"]'] };
    case 'secret':
      return {
        code: ['headers["X-HW-ID"] = os.environ["APP_KEY"]', 'headers["X-HW-AppKey"] = os.environ["APP_SECRET"]'],
      };
    case 'basic':
      return {
        imports: ['base64'],
        code: [...KEYS, 'headers["Authorization"] = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()'],
      };
    case 'apikey':
      return { code: ['headers["apikey"] = os.environ["APP_KEY"]'] };
    case 'jwt':
      return { imports: ['base64', 'hmac', 'json', 'time'], code: [...KEYS, ...TOKEN] };
    case 'signature':
      return { imports: SIGNING, code: [...KEYS, ...CANONICAL, ...SIGNATURE] };
    case 'iam':
      return { imports: SIGNING, code: [...CANONICAL, ...SIGNATURE_VERSION_4] };
    case 'custom':
    case 'none':
      return { code: [] };
  }
}

const SIGNING = ['hashlib', 'hmac', 'time', 'urllib.parse'];

const TOKEN = [
  'part = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()',
  'headers["Timestamp"] = str(int(time.time() * 1000))',
  'claims = [{"typ": "JWT", "alg": "HS256"}, {"appId": key, "timestamp": headers["Timestamp"]}]',
  'token = ".".join(part(json.dumps(claim).encode()) for claim in claims)',
  'headers["Authorization"] = token + "." + part(hmac.digest(secret.encode(), token.encode(), "sha256"))',
];

const CANONICAL = [
  'address = urllib.parse.urlsplit(url)',
  'encode = lambda text: urllib.parse.quote(text, safe="-_.~")',
  'pairs = sorted(urllib.parse.parse_qsl(address.query, keep_blank_values=True))',
  'query = "&".join(encode(name) + "=" + encode(value) for name, value in pairs)',
  'date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())',
  'content = hashlib.sha256(body or b"").hexdigest()',
];

const SIGNATURE = [
  'path = "/".join(encode(part) for part in address.path.removesuffix("/").split("/")) + "/"',
  'signed = [f"host:{address.netloc}", f"x-sdk-date:{date}", "", "host;x-sdk-date"]',
  'canonical = "\\n".join([method, path, query, *signed, content])',
  'to_sign = f"SDK-HMAC-SHA256\\n{date}\\n{hashlib.sha256(canonical.encode()).hexdigest()}"',
  'signature = hmac.new(secret.encode(), to_sign.encode(), "sha256").hexdigest()',
  'headers["X-Sdk-Date"] = date',
  'headers["Authorization"] = (',
  '    f"SDK-HMAC-SHA256 Access={key}, SignedHeaders=host;x-sdk-date, Signature={signature}"',
  ')',
];

const SIGNATURE_VERSION_4 = [
  'headers["X-Amz-Date"] = date',
  'if os.environ.get("AWS_SESSION_TOKEN"):',
  '    headers["X-Amz-Security-Token"] = os.environ["AWS_SESSION_TOKEN"]',
  'signed = sorted((name.lower(), value) for name, value in {**headers, "host": address.netloc}.items())',
  'names = ";".join(name for name, _ in signed)',
  '# Every segment once more: that is what all services but S3 sign.',
  'path = "/".join(encode(part) for part in address.path.split("/"))',
  'lines = [f"{name}:{value}" for name, value in signed]',
  'canonical = "\\n".join([method, path, query, *lines, "", names, content])',
  'scope = [date[:8], os.environ["AWS_REGION"], "execute-api", "aws4_request"]',
  'hashed = hashlib.sha256(canonical.encode()).hexdigest()',
  'signature = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()',
  'for text in [*scope, "\\n".join(["AWS4-HMAC-SHA256", date, "/".join(scope), hashed])]:',
  '    signature = hmac.digest(signature, text.encode(), "sha256")',
  'credential = "/".join([os.environ["AWS_ACCESS_KEY_ID"], *scope])',
  'headers["Authorization"] = (',
  '    f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature.hex()}"',
  ')',
];

function valueText(value: string): string {
  const variable = variableOf(value);

  return variable === undefined ? text(value) : `os.environ["${variable}"]`;
}

/** What JSON calls a text, Python understands. */
function text(value: string): string {
  return JSON.stringify(value);
}
