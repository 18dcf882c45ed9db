function execute(data) {
  data = JSON.parse(data);
  return JSON.stringify({ authorizer: data.authorizer, headers: data.headers });
}
