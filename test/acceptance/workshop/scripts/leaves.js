// An implicit global, a changed prototype and a changed builtin: all of it must be gone at the next call.
function execute(data) {
  var seen = typeof left + ' ' + typeof [].left + ' ' + JSON.stringify({ a: 1 });
  left = 'something';
  Array.prototype.left = 'something';
  JSON.stringify = () => 'nothing';
  return seen;
}
