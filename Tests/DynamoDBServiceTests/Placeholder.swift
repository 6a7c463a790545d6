// DynamoDBServiceTests
