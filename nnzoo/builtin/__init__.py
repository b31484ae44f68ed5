"""The plugins that come with nnzoo. They use what any plugin may: `nnzoo.api` and `nnzoo.datafiles`."""
