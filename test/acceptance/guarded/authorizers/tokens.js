function execute(data) {
  var body = JSON.parse(data).body;
  var asked = Object.keys(body.headers).length + Object.keys(body.queryStringParameters).length;
  return JSON.stringify({
    status: body.user_data === 'warehouse' ? 'allow' : 'deny',
    context: { token: 'for-' + body.user_data + '-' + asked },
  });
}
