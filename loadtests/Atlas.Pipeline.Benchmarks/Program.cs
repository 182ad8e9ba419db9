using BenchmarkDotNet.Running;

// All benchmarks, or those that --filter names; see BenchmarkDotNet for the other arguments.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Length > 0 ? args : ["--filter", "*"]);
