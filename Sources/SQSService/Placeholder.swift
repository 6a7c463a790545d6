// SQSService
