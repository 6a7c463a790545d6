// KinesisServiceTests
