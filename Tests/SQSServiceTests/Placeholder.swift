// SQSServiceTests
