"""marax-alertbridge: from Alertmanager's webhook to mail that people can act on."""
