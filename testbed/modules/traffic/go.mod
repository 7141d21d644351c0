module portolan.test/testbed/traffic

go 1.26
