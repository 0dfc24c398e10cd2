//! Bus adapters: embedded and AMQP
