// Decides who may call an API it guards: whoever sends the right x-auth. The context of an allowed call reaches the backend.
function execute(data) {
  var request = JSON.parse(data).body;
  if (request.headers['x-auth'] === '#{front_door_token}') {
    return { status: 'allow', context: { user: 'partner' } };
  }
  return { status: 'deny', context: { reason: 'x-auth is missing or wrong' } };
}
