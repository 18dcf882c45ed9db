function execute(data) {
  var tenant = JSON.parse(data).body.headers['x-tenant'];
  return JSON.stringify({
    status: tenant ? 'allow' : 'deny',
    context: { tenant: tenant, quota: 3, hint: 'not for callers' },
  });
}
