function execute(data) {
  for (;;);
}
