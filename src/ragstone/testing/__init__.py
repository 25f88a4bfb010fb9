"""Contract suites, fakes and factories: shipped, so that a third party can test a backend of its own."""
