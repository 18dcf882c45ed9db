function execute(data) {
  throw new TypeError('the password is hunter2');
}
