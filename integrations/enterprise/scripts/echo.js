// What a script gets: method, uri, headers (names in lower case), param (of path and query) and body.
function execute(data) {
  data = JSON.parse(data);
  return {
    method: data['method'],
    uri: data['uri'],
    param: data['param'],
    body: data['body'],
  };
}
