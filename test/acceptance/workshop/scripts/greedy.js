function execute(data) {
  var hoard = [];
  for (;;) hoard.push(new Uint8Array(1024 * 1024));
}
