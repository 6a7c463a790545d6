// KinesisService
