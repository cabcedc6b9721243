"""Accounts and everything that proves who somebody is; pure, `now` is an argument (aware UTC datetimes)."""
