// AWSWire
