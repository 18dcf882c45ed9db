// Whoever calls itself "no…" is denied, "late…" only after a while, "broken…" never judged. Says of every decision whom it was about and which it is.
function execute(data) {
  var request = JSON.parse(data).body;
  var user = request.headers['x-user'];
  var tenant = request.queryStringParameters['tenant'];
  if (user.indexOf('broken') === 0) {
    throw new Error('broken');
  }
  if (user.indexOf('late') === 0) {
    for (var end = new Date().getTime() + 100; new Date().getTime() < end; ) {}
  }
  if (user.indexOf('no') === 0) {
    return { status: 'deny' };
  }
  return { status: 'allow', context: { user: user, tenant: tenant, decision: String(Math.random()) } };
}
