function execute(data) {
  return 'Hello world!';
}
