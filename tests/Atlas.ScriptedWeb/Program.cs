var web = WebApplication.CreateSlimBuilder(args).Build();
await web.RunAsync();
